/** Faults of tasks and regions as spans of OpenTelemetry. The tests of gobuf/opentelemetry must find each. */
import type { Mutant } from "./mutant.ts";

const FILE = "src/trace/opentelemetry.ts";

function fault(kind: string, from: string, to: string): Mutant {
  return {
    name: `src/spans: ${kind}`,
    subject: "src",
    kind: "a fault of spans",
    edits: [{ file: FILE, from, to }],
    steps: [["test", "./src/trace/opentelemetry.test.ts"]],
  };
}

/** A way on with a body, without the context. */
const outside = (way: string, argument: string) =>
  fault(
    `a body's ${way} is in whichever context`,
    `return otel.with(this.context, () => this.body.${way}(${argument}));`,
    `return this.body.${way}(${argument});`,
  );

export const SPAN_MUTANTS: readonly Mutant[] = [
  outside("next", "resume"),
  outside("throw", "error"),
  outside("return", "value"),
  fault("a Goexit is an error", "if (isGoexit(error)) throw error;", ""),
  fault("an error is not recorded", "span.recordException(error instanceof Error ? error : String(error));", ""),
  fault(
    "what is thrown and is no Error is recorded as it is",
    "span.recordException(error instanceof Error ? error : String(error));",
    "span.recordException(error as Error);",
  ),
  fault(
    "an error leaves no status",
    "span.setStatus({ code: SpanStatusCode.ERROR,",
    "void ({ code: SpanStatusCode.ERROR,",
  ),
  fault(
    "a span does not end with its body",
    "  } finally {\n    span.end();",
    "  } finally {\n    span.isRecording();",
  ),
  fault(
    "a task's span is not the active one of its context",
    "spans.setSpan(above, span).setValue(TASK, task)",
    "above.setValue(TASK, task)",
  ),
  fault(
    "a task's context does not say whose it is",
    "spans.setSpan(above, span).setValue(TASK, task)",
    "spans.setSpan(above, span)",
  ),
  fault("a task's span does not end", "return () => span.end();", "return () => void span;"),
  fault("a message without a category has an empty name", 'category === "" ? "log" : category', "category"),
  fault(
    "a region is no child of its task",
    "    const above = this.contextOf(task);\n    const span = this.tracer.startSpan(type, {}, above);\n    return inSpan",
    "    const above = otel.active();\n    const span = this.tracer.startSpan(type, {}, above);\n    return inSpan",
  ),
  fault(
    "a region within a region is its task's child",
    "if (task === null || active.getValue(TASK) === task) return active;",
    "if (task === null) return active;",
  ),
  fault(
    "a region's task is the active one, whichever it is",
    "return this.tasks.get(task) ?? active;",
    "return active;",
  ),
  fault(
    "spans may be made twice",
    "if (!setAnnotations(null, made)) throw",
    "if (!setAnnotations(null, made) && false) throw",
  ),
  fault("what is disposed goes on", "setAnnotations(made, null);", "setAnnotations(null, null);"),
  fault(
    "a span's options are not taken",
    "tracer.startSpan(name, options, above);",
    "tracer.startSpan(name, {}, above);",
  ),
  fault(
    "a span is not its caller's child",
    "tracer.startSpan(name, options, above);",
    "tracer.startSpan(name, { ...options, root: true }, above);",
  ),
  fault(
    "a span whose body was refused does not end",
    "    span.end();\n    throw error;\n  }\n  return yield*",
    "    throw error;\n  }\n  return yield*",
  ),
  fault("a value is carried with no link", "sender === undefined ? [] : [{ context: sender }]", "[]"),
  fault(
    "a value's receiver is in its own context",
    "  return yield* new Within(carried.context, body);",
    "  return yield* new Within(otel.active(), body);",
  ),
];
