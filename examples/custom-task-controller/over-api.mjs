// Serves Wait over the API: SLIPWAY_URL says where, TOKEN_FILE holds the token of a user who may list and watch customruns and
// patch their status. Nothing but fetch is needed.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keeper } from './keeper.mjs';

const { SLIPWAY_URL: server, TOKEN_FILE: tokenFile } = process.env;
const authorization = `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}`;
const GROUP = `${server}/apis/tekton.dev/v1beta1`;

/** The response; undefined for the codes in `except`. */
async function call(url, options = {}, except = []) {
  const response = await fetch(url, { ...options, headers: { ...options.headers, authorization } });
  if (response.ok) return response;
  const text = await response.text();
  if (except.includes(response.status)) return undefined;
  throw new Error(`${response.status} ${text}`);
}

const urlOf = ({ metadata }) => `${GROUP}/namespaces/${metadata.namespace}/customruns/${metadata.name}`;
const keeper = new Keeper({
  get: async (run) => (await call(urlOf(run), {}, [404]))?.json(),
  async writeStatus(run, status) {
    const { uid, resourceVersion } = run.metadata;
    const body = JSON.stringify({ metadata: { uid, resourceVersion }, status });
    const headers = { 'content-type': 'application/merge-patch+json' };
    return (await call(`${urlOf(run)}/status`, { method: 'PATCH', headers, body }, [404, 409]))?.json();
  },
});

/** Lists, then follows the changes after the list, until the server ends the watch. */
async function follow() {
  const list = await (await call(`${GROUP}/customruns`)).json();
  for (const run of list.items) await keeper.look(run);
  const from = list.metadata.resourceVersion;
  const watch = await call(`${GROUP}/customruns?watch=true&resourceVersion=${from}`);
  console.log('serving example.dev/v1 Wait over the API');
  let rest = '';
  for await (const chunk of watch.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const { type, object } of lines.map((line) => JSON.parse(line))) {
      if (type === 'ERROR') return; // too old: list again
      if (type !== 'DELETED') await keeper.look(object);
    }
  }
}

for (;;) {
  await follow().catch((error) => console.error(error.message));
  await sleep(1000);
}
