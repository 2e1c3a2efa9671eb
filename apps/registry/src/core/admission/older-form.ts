// Which of two ways to say a thing an older version used, where storage has one for both.
//
// `kubectl apply` compares what it wrote with what it reads: a field that comes back in other words is a difference that
// nobody made, and written again beside its twin it is a conflict. So the words are remembered, in an annotation, by path.
// A mark is only a hint: a rule that shows an object takes it when the stored fields still allow it.

import { ANNOTATIONS, type KubeObject } from '@slipway/contracts';

/** Everything that storage would not tell. */
export type Mark =
  | 'inputs.params'
  | 'inputs.resources'
  | 'outputs.resources'
  | 'outputs.results'
  /** A reference into a bundle, without and with `kind`. */
  | 'bundle'
  | 'bundle+kind'
  | 'timeout'
  | 'timeouts'
  | 'PipelineRunCancelled'
  | 'serviceAccount'
  | `serviceAccountNames:${string}`;

/** More is not worth its place in the object: what is forgotten is shown in the newer words. */
const MOST_BYTES = 32 * 1024;

export class OlderForm {
  private constructor(private readonly marks: Set<string>) {}

  static empty(): OlderForm {
    return new OlderForm(new Set());
  }

  /** What an object remembers; nothing when the annotation is not ours to read. */
  static of(object: KubeObject): OlderForm {
    const text = object.metadata.annotations?.[ANNOTATIONS.olderForm];
    if (typeof text !== 'string' || text.length > MOST_BYTES) return OlderForm.empty();
    try {
      const marks: unknown = JSON.parse(text);
      return new OlderForm(new Set(Array.isArray(marks) ? marks.filter((mark) => typeof mark === 'string') : []));
    } catch {
      return OlderForm.empty();
    }
  }

  get isEmpty(): boolean {
    return this.marks.size === 0;
  }

  add(mark: Mark, path: string): void {
    this.marks.add(`${mark}@${path}`);
  }

  has(mark: Mark, path: string): boolean {
    return this.marks.has(`${mark}@${path}`);
  }

  /** The object with this and no other memory. Never modifies its argument. */
  on(object: KubeObject): KubeObject {
    const { [ANNOTATIONS.olderForm]: before, ...others } = object.metadata.annotations ?? {};
    const text = JSON.stringify([...this.marks]);
    const next = this.isEmpty || text.length > MOST_BYTES ? undefined : text;
    if (next === before) return object;
    const annotations = next === undefined ? others : { ...others, [ANNOTATIONS.olderForm]: next };
    const metadata = { ...object.metadata, annotations };
    if (Object.keys(annotations).length === 0) delete (metadata as Partial<typeof metadata>).annotations;
    return { ...object, metadata };
  }
}
