export { DEPTH_LIMIT, plainValue } from './plain-value.js';
export { YAML_LIMIT_BYTES, plainYaml } from './plain-yaml.js';
