export { namedImages, stoodInState } from './image-state.js';
export { processRuntime, type ProcessRuntimeOptions } from './process-runtime.js';
