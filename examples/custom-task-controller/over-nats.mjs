// Serves Wait over NATS: NATS_URL, NATS_USER and NATS_PASSWORD say where and who; nats-user.conf is the user with its rights.

import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Keeper } from './keeper.mjs';

const STREAM = 'CHANGES';
const DURABLE = 'wait-controller';
/** Names in subjects are encoded: this is customruns.tekton.dev. */
const CHANGES = 'change.*.customruns=2etekton=2edev.>';

const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass } = process.env;
const nats = await connect({
  servers,
  user,
  pass,
  name: DURABLE,
  inboxPrefix: '_INBOX.wait-controller',
  maxReconnectAttempts: -1,
});

let asked = 0;
async function ask(subject, data) {
  const packet = JSON.stringify({ pattern: subject, data, id: String(++asked) });
  const { err, response } = (await nats.request(subject, packet, { timeout: 10_000 })).json();
  if (err === undefined || err === null) return response;
  throw Object.assign(new Error(err.message), { kind: err.kind });
}

const keyOf = ({ metadata: { namespace, name } }) => ({ namespace, name });
const get = async (run) => (await ask('customruns.get', keyOf(run))).object;
const keeper = new Keeper({
  get,
  async writeStatus(run, status) {
    const { uid, resourceVersion } = run.metadata;
    try {
      return (await ask('customruns.status', { ...keyOf(run), uid, resourceVersion, status })).object;
    } catch (error) {
      if (error.kind === 'conflict') return undefined; // somebody else wrote first
      throw error;
    }
  },
});

/** The stream keeps changes for an hour: what was missed for longer is found here. */
async function listAll() {
  for (let from; ;) {
    const page = await ask('customruns.list', from === undefined ? {} : { continue: from });
    for (const run of page.items) await keeper.look(run);
    from = page.continue;
    if (from === undefined) return;
  }
}

// The durable comes first, so that nothing falls between the list and the changes.
const manager = await jetstreamManager(nats, { checkAPI: false });
const durable = await manager.consumers.add(STREAM, {
  durable_name: DURABLE,
  filter_subject: CHANGES,
  deliver_policy: DeliverPolicy.New,
  ack_policy: AckPolicy.Explicit,
});
await listAll();
console.log('serving example.dev/v1 Wait over NATS');
const messages = await jetstream(nats).consumers.getConsumerFromInfo(durable).consume();
void (async () => {
  const gone = ['consumer_deleted', 'consumer_not_found', 'stream_not_found'];
  for await (const { type } of messages.status()) {
    if (gone.includes(type)) process.exit(1); // started again, it makes the durable and lists anew
  }
})();
for await (const message of messages) {
  const { type, key, object } = message.json();
  if (type !== 'DELETED') {
    const run = object ?? (await get({ metadata: key })); // a large object does not travel with its change
    if (run !== undefined) await keeper.look(run);
  }
  message.ack();
}
