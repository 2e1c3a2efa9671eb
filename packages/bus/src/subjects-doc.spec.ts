import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CUSTOM_RUNS_RPC,
  LOGS_RPC,
  RESOURCES_RPC,
  STORE_RPC,
  changeSubject,
  deadLetterSubject,
  leasesSubject,
  logSubject,
  logsPeerRpc,
  subjectToken,
} from '@slipway/contracts';
import { CONSUMERS, STREAMS, type StreamSpec } from './streams.js';
import { BUS_SERVICES, rightsOf } from './users.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/subjects.md'), 'utf8');

/** The cells of the table under a heading, without its head. */
function table(heading: string): string[][] {
  const section = page.split('\n## ').find((part) => part.startsWith(heading))!;
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('docs/subjects.md', () => {
  test('has every stream as the code makes it', () => {
    const rows = STREAMS.map((stream) => [
      stream.name,
      stream.subjects.join(', '),
      keptUntil(stream),
      stream.whenFull === 'refuse' ? 'publishers wait' : 'the oldest go',
      `${stream.maxBytes / 1024 / 1024} MiB`,
      stream.maxAgeMs === 0 ? 'none' : `${stream.maxAgeMs / 3_600_000} h`,
    ]);
    expect(table('Streams')).toEqual(rows);
  });

  test('has every durable consumer', () => {
    expect(table('Durable consumers')).toEqual(
      CONSUMERS.map((of) => of('<instance>')).map((c) => [
        c.durable,
        c.stream,
        c.filter ?? 'all',
        c.service,
        c.forgottenAfterMs === undefined ? 'never' : `${c.forgottenAfterMs / 3_600_000} h`,
        c.purpose,
      ]),
    );
  });

  test('has every subject that is published, as the code makes it, in its stream', () => {
    const key = { resource: '<resource>', namespace: '<namespace>', name: '<name>' };
    const made: [subject: string, stream: string][] = [
      [changeSubject(7, key).replace('.7.', '.<shard>.'), 'CHANGES'],
      [logSubject(7, '<namespace>', '<pod uid>', '<container>').replace('.7.', '.<shard>.'), 'LOGS'],
      [deadLetterSubject('<consumer>', '<original subject>'), 'DEAD'],
    ];
    const documented = table('Messages').map(([subject, stream]) => [subject!, stream!]);
    expect(documented.map(([subject, stream]) => [encoded(subject!), stream])).toEqual(
      made.map(([subject, stream]) => [encoded(subject), stream]),
    );
    for (const [subject, stream] of documented) {
      const { subjects } = STREAMS.find(({ name }) => name === stream)!;
      expect(subjects).toEqual([`${subject!.split('.')[0]}.>`]);
    }
  });

  test('has every call, and who hears it', () => {
    const services = ['scheduler', 'executor', 'resources'] as const;
    const calls = services.map((service) => [leasesSubject(service), 'registry', service]);
    expect(table('Calls').map((row) => row.slice(0, 3))).toEqual(calls);
    for (const [subject = '', caller, hearer] of calls) {
      expect(BUS_SERVICES.filter((one) => rightsOf(one).publish.includes(subject))).toEqual([caller]);
      expect(BUS_SERVICES.filter((one) => rightsOf(one).subscribe.includes(subject))).toEqual([hearer]);
    }
  });

  test('has every request, and says who answers', () => {
    const tables = [STORE_RPC, CUSTOM_RUNS_RPC, RESOURCES_RPC, LOGS_RPC, logsPeerRpc('<instance>')];
    const subjects = tables.flatMap((rpc) => Object.values(rpc));
    const owner = (subject: string): string =>
      ({ store: 'registry', customruns: 'registry' })[subject.split('.')[0]!] ?? subject.split('.')[0]!;
    const documented = table('Requests').map(([subject, service]) => [subject, service]);
    expect([...documented].sort()).toEqual(subjects.map((subject) => [subject, owner(subject)]).sort());
  });
});

function keptUntil({ retention }: StreamSpec): string {
  return retention === 'interest' ? 'all consumers have acknowledged' : 'a limit is reached';
}

/** Placeholders as a name of that spelling would stand in a subject. */
function encoded(subject: string): string {
  return subject.replace(/<(?!shard>|consumer>|original subject>)[^>]*>/g, (placeholder) => subjectToken(placeholder));
}
