// The page a browser shows at `/`.

import type { Served } from './served.js';

/** Nothing but its own style: no script, no frame, nothing from elsewhere. */
export const HOME_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export function homePage(served: Served, version: string, url: string): string {
  const groups = [...served.groups]
    .map(([group, versions]) => {
      const paths = versions.map((one) => (group === '' ? `/api/${one}` : `/apis/${group}/${one}`));
      return `<tr><td>${group === '' ? 'core' : escaped(group)}</td><td>${paths.map((path) => `<code>${escaped(path)}</code>`).join(' ')}</td></tr>`;
    })
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
code, pre { font: 0.9em ui-monospace, monospace }
pre { padding: 0.8rem 1rem; border: 1px solid; border-radius: 6px; overflow-x: auto }
table { border-collapse: collapse } td { padding: 0.2rem 1.5rem 0.2rem 0; vertical-align: top }
</style>
</head>
<body>
<h1>Slipway ${escaped(version)}</h1>
<p>This is the API of a Slipway platform: it stores and runs Tekton pipelines and tasks, and speaks as a Kubernetes API
server does. Use <code>kubectl</code>, <code>tkn</code> or <code>slipway</code> with it; a browser has nothing more to see.</p>
<h2>Use it</h2>
<pre>kubectl --server ${escaped(url)} --token "$TOKEN" get pipelineruns
slipway run --server ${escaped(url)} --token "$TOKEN" pipeline.yaml</pre>
<p><code>slipway up</code> writes a kubeconfig with the address and a token, and says where it is.</p>
<h2>The API</h2>
<table>
${groups}
</table>
<p>Every request needs a bearer token. What is served is listed by <code>kubectl api-resources</code>; every field is
described by <code>kubectl explain</code>, from the OpenAPI documents at <code>/openapi/v3</code>.
<a href="/version">/version</a>, <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a> and
<a href="/metrics">/metrics</a> are open to everybody who reaches this port.</p>
<h2>Documentation</h2>
<p>It comes with the source: <code>README.md</code> to begin with, <code>docs/api.md</code> for this API,
<code>docs/compatibility.md</code> for what of Tekton is supported, <code>docs/operating.md</code> for running it.</p>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
