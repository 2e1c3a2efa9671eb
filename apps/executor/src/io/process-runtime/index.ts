export { processRuntime, type ProcessRuntimeOptions } from './process-runtime.js';
