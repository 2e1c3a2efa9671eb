export { decode } from '../core/admission/decode.js';
export { fromStorage, toStorage } from '../core/admission/convert.js';
export { applyDefaults } from '../core/admission/defaults.js';
import type { FieldProblem, KubeObject, ResourceKind } from '@slipway/contracts';
export function validate(_kind: ResourceKind, _object: KubeObject, _old?: KubeObject): FieldProblem[] {
  return [];
}
