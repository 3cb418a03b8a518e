import { useState } from "react";

import { Failure } from "../../parts/Failure";
import { useLoaded } from "../../parts/useLoaded";
import { type Api, list, put, removeAt, serviceId } from "../../resources";
import { useMay } from "../../shell/session";
import { PolicyEditor } from "../apis/PolicyEditor";

/** The APIs of a product, and its policy. */
export function ProductParts({ product, title }: { product: string; title: string }) {
  const mayWrite = useMay("write");
  const { value, error, again } = useLoaded(() => Promise.all([list<Api>("apis"), list<Api>(`products/${product}/apis`)]), product);
  const [failure, setFailure] = useState<unknown>(null);
  const change = async (api: string, isIn: boolean) => {
    setFailure(null);
    try {
      if (isIn) await put(`products/${product}/apis/${api}`, {});
      else await removeAt(`${await serviceId()}/products/${product}/apis/${api}`);
      again();
    } catch (problem) {
      setFailure(problem);
    }
  };
  return (
    <>
      <section className="card stack" aria-label="APIs of the product">
        <h2>APIs</h2>
        {error ? <Failure error={error} onRetry={again} /> : null}
        {value?.[0].map(({ name, properties }) => (
          <label key={name} className="row">
            <input type="checkbox" disabled={!mayWrite} checked={value[1].some((member) => member.name === name)} onChange={(event) => void change(name, event.target.checked)} />
            {properties.displayName}
          </label>
        ))}
        {failure ? <Failure error={failure} /> : null}
      </section>
      <section className="card stack" aria-label="Policy of the product">
        <h2>Policy</h2>
        <PolicyEditor
          scopes={[
            { title: "All APIs", owner: "" },
            { title, owner: `products/${product}` },
          ]}
        />
      </section>
    </>
  );
}
