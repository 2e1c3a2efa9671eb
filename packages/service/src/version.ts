/** Of this release: what `/version`, `slipway_build_info` and the log say. The same as in package.json. */
export const VERSION = '0.1.0';
