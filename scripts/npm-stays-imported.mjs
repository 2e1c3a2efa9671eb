/** esbuild plugin: workspace packages are bundled, npm packages and Node's own modules stay imports. */
export const npmStaysImported = {
  name: 'npm-stays-imported',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@slipway/') ? undefined : { path, external: true },
    );
  },
};
