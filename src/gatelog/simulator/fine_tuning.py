"""Files and fine-tuning jobs: created, then finished a few seconds later."""

from __future__ import annotations

import email.parser
import email.policy
from collections import OrderedDict
from dataclasses import dataclass, field
from email.message import EmailMessage

from gatelog.llm.document import JsonObject, object_of, text_of
from gatelog.simulator.generation import identifier
from gatelog.simulator.messages import SimReply, SimRequest, bad_request, json_reply, refusal

QUEUED_SECONDS = 2
RUNNING_SECONDS = 10
TOKENS_PER_HOUR = 1_000_000
KEPT = 1000
EPOCHS = 3


@dataclass(slots=True)
class _File:
    id: str
    name: str
    purpose: str
    created: int
    data: bytes

    def document(self) -> JsonObject:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.data),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass(slots=True)
class _Job:
    id: str
    model: str
    training_file: str
    suffix: str
    tokens: int
    created: int
    parameters: JsonObject = field(default_factory=dict)
    cancelled: int = 0

    def status(self, now: int) -> str:
        if self.cancelled:
            return "cancelled"
        age = now - self.created
        return "queued" if age < QUEUED_SECONDS else "running" if age < QUEUED_SECONDS + RUNNING_SECONDS else "succeeded"

    def document(self, now: int) -> JsonObject:
        status = self.status(now)
        done = status == "succeeded"
        return {
            "id": self.id,
            "object": "fine_tuning.job",
            "model": self.model,
            "created_at": self.created,
            "finished_at": self.created + QUEUED_SECONDS + RUNNING_SECONDS if done else self.cancelled or None,
            "status": status,
            "training_file": self.training_file,
            "validation_file": None,
            "hyperparameters": {"n_epochs": self._epochs(), "batch_size": 1, "learning_rate_multiplier": 1},
            "fine_tuned_model": self._tuned() if done else None,
            "trained_tokens": self.tokens * self._epochs() if done else None,
            "result_files": [],
            "error": None,
        }

    def events(self, now: int) -> list[JsonObject]:
        """What has happened, newest first."""
        steps = [(0, "Job enqueued. Waiting for jobs ahead to complete."), (QUEUED_SECONDS, "Job started.")]
        steps += [
            (
                QUEUED_SECONDS + RUNNING_SECONDS * (epoch + 1) // self._epochs(),
                f"Step {epoch + 1}: training loss={1.5 / (epoch + 1):.3f}",
            )
            for epoch in range(self._epochs())
        ]
        steps.append((QUEUED_SECONDS + RUNNING_SECONDS, "Job succeeded."))
        until = (self.cancelled or now) - self.created
        happened = [(self.created + at, message) for at, message in steps if at <= until]
        if self.cancelled:
            happened.append((self.cancelled, "Job canceled."))
        return [
            {
                "id": f"ftevent-{self.id[6:]}-{number}",
                "object": "fine_tuning.job.event",
                "created_at": at,
                "level": "info",
                "message": message,
                "type": "message",
            }
            for number, (at, message) in reversed(list(enumerate(happened)))
        ]

    def checkpoints(self, now: int) -> list[JsonObject]:
        """One for each epoch, once the job has succeeded."""
        if self.status(now) != "succeeded":
            return []
        return [
            {
                "id": f"ftckpt-{self.id[6:]}-{epoch}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": self.created + QUEUED_SECONDS + RUNNING_SECONDS * epoch // self._epochs(),
                "fine_tuned_model_checkpoint": f"{self._tuned()}:ckpt-step-{epoch}",
                "fine_tuning_job_id": self.id,
                "metrics": {"step": epoch, "train_loss": round(1.5 / epoch, 3)},
                "step_number": epoch,
            }
            for epoch in range(self._epochs(), 0, -1)
        ]

    def _epochs(self) -> int:
        asked = self.parameters.get("n_epochs")
        return asked if isinstance(asked, int) and 0 < asked <= 50 else EPOCHS

    def _tuned(self) -> str:
        return f"{self.model}.ft-{self.id[6:]}" + (f"-{self.suffix}" if self.suffix else "")


class FineTuning:
    """Files and jobs of one account, in memory."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def answer(self, request: SimRequest, parts: list[str], document: JsonObject, now: int) -> SimReply | None:
        """The answer to a path below `/openai`, cut at its slashes; None when it is not ours."""
        match request.method, parts:
            case "POST", ["files"]:
                return json_reply(self._upload(request, now), 201)
            case "GET", ["files"]:
                return json_reply({"object": "list", "data": [file.document() for file in self._files.values()]})
            case "GET", ["files", name]:
                return json_reply(self._file(name).document())
            case "GET", ["files", name, "content"]:
                return SimReply(200, self._file(name).data, content_type="application/octet-stream")
            case "DELETE", ["files", name]:
                self._files.pop(self._file(name).id)
                return json_reply({"id": name, "object": "file", "deleted": True})
            case "POST", ["fine_tuning", "jobs"]:
                return json_reply(self._create(document, now).document(now), 201)
            case "GET", ["fine_tuning", "jobs"]:
                jobs = [job.document(now) for job in reversed(self._jobs.values())]
                return json_reply({"object": "list", "data": jobs, "has_more": False})
            case _, ["fine_tuning", "jobs", name, *rest]:
                return self._job_answer(request.method, self._job(name), rest, now)
        return None

    def _job_answer(self, method: str, job: _Job, rest: list[str], now: int) -> SimReply | None:
        match method, rest:
            case "GET", []:
                return json_reply(job.document(now))
            case "POST", ["cancel"]:
                if job.status(now) == "succeeded":
                    raise bad_request("The job has already succeeded.", None, "invalidOperation")
                job.cancelled = job.cancelled or now
                return json_reply(job.document(now))
            case "GET", ["events"]:
                return json_reply({"object": "list", "data": job.events(now), "has_more": False})
            case "GET", ["checkpoints"]:
                return json_reply({"object": "list", "data": job.checkpoints(now), "has_more": False})
        return None

    def _create(self, document: JsonObject, now: int) -> _Job:
        model, training = text_of(document.get("model")), text_of(document.get("training_file"))
        if not model or not training:
            raise bad_request("'model' and 'training_file' are required properties")
        file = self._file(training)
        parameters = object_of(document.get("hyperparameters"))
        suffix = text_of(document.get("suffix"))
        job = _Job(identifier("ftjob-", 32), model, training, suffix, len(file.data) // 4, now, parameters)
        self._jobs[job.id] = job
        if len(self._jobs) > KEPT:
            self._jobs.popitem(last=False)
        return job

    def _upload(self, request: SimRequest, now: int) -> JsonObject:
        fields = _form(request)
        file = fields.get("file")
        if file is None:
            raise bad_request("'file' is a required property")
        purpose = fields.get("purpose")
        name = file.get_filename() or "upload.jsonl"
        text = str(purpose.get_content()).strip() if purpose is not None else "fine-tune"
        data = file.get_payload(decode=True)
        stored = _File(identifier("file-", 32), name, text, now, data if isinstance(data, bytes) else b"")
        self._files[stored.id] = stored
        if len(self._files) > KEPT:
            self._files.popitem(last=False)
        return stored.document()

    def _file(self, name: str) -> _File:
        if name not in self._files:
            raise refusal(404, "notFound", f"File '{name}' does not exist.")
        return self._files[name]

    def _job(self, name: str) -> _Job:
        if name not in self._jobs:
            raise refusal(404, "notFound", f"Fine-tuning job '{name}' does not exist.")
        return self._jobs[name]


def _form(request: SimRequest) -> dict[str, EmailMessage]:
    """The parts of multipart/form-data by name."""
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode("latin-1", "replace")
    message = email.parser.BytesParser(EmailMessage, policy=email.policy.HTTP).parsebytes(head + request.body)
    if not message.is_multipart():
        raise bad_request("expected multipart/form-data with the parts 'file' and 'purpose'")
    parts = [part for part in message.iter_parts() if isinstance(part, EmailMessage)]
    return {str(part.get_param("name", "", "content-disposition")): part for part in parts}
