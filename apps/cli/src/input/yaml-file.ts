// Settings that a person writes in YAML: read whole, or refused with the place of the first mistake.

import { SlipwayError } from '@slipway/contracts';
import { LineCounter, YAMLParseError, parse } from 'yaml';

export interface YamlFile {
  /** How an error's sentence begins: `The kubeconfig /home/u/.kube/config`. */
  what: string;
  /** Of the error. */
  reason: string;
  /** How often aliases may be used. */
  maxAliasCount?: number;
}

/** The value of a file's text. Throws SlipwayError('invalid') that names line and column. */
export function yamlValue(text: string, { what, reason, maxAliasCount = 100 }: YamlFile): unknown {
  const lineCounter = new LineCounter();
  try {
    // Not `prettyErrors`: it takes time that grows with the square of a hostile text.
    return parse(text, { prettyErrors: false, lineCounter, maxAliasCount });
  } catch (cause) {
    let place = '';
    if (cause instanceof YAMLParseError) {
      const { line, col } = lineCounter.linePos(cause.pos[0]);
      place = ` (line ${line}, column ${col}: ${cause.message})`;
    }
    throw new SlipwayError('invalid', reason, `${what} is not YAML${place}.`, { cause });
  }
}
