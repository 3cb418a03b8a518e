// A diagnostic setting as its form has it, and as the management API wants it. Pure.

export interface Sent {
  category?: string;
  categoryGroup?: string;
  enabled?: boolean;
}

export interface SettingProperties {
  workspaceId?: string;
  logAnalyticsDestinationType?: string | null;
  eventHubName?: string;
  eventHubAuthorizationRuleId?: string;
  logs?: Sent[];
  metrics?: Sent[];
}

export interface SettingForm {
  name: string;
  /** Category groups and categories that go. */
  logs: string[];
  metrics: boolean;
  workspaceId: string;
  dedicated: boolean;
  eventHubName: string;
}

/** What the workshop sends: all logs, the audit, all metrics. */
export const GROUPS = ["allLogs", "audit"];

export function formOf(name: string, properties: SettingProperties): SettingForm {
  return {
    name,
    logs: (properties.logs ?? []).filter((log) => log.enabled).map((log) => log.categoryGroup ?? log.category ?? ""),
    metrics: (properties.metrics ?? []).some((metric) => metric.enabled),
    workspaceId: properties.workspaceId ?? "",
    dedicated: properties.logAnalyticsDestinationType === "Dedicated",
    eventHubName: properties.eventHubName ?? "",
  };
}

/** `before` keeps what the form does not show. */
export function propertiesOf(form: SettingForm, before: SettingProperties): SettingProperties {
  const { workspaceId: _, eventHubName: __, logAnalyticsDestinationType: ___, ...kept } = before;
  return {
    ...kept,
    ...(form.workspaceId ? { workspaceId: form.workspaceId } : {}),
    ...(form.dedicated ? { logAnalyticsDestinationType: "Dedicated" } : {}),
    ...(form.eventHubName ? { eventHubName: form.eventHubName } : {}),
    logs: form.logs.map((name) => (GROUPS.includes(name) ? { categoryGroup: name, enabled: true } : { category: name, enabled: true })),
    metrics: form.metrics ? [{ category: "AllMetrics", enabled: true }] : [],
  };
}
