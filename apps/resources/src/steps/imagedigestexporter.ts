// The program `/ko-app/imagedigestexporter`: reads the digests of the images that a task left as OCI layouts.

import { writeFileSync } from 'node:fs';
import { parseImages, readDigest } from './oci-layout.js';

function main(args: readonly string[]): void {
  const flags = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([A-Za-z-]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name !== 'images' && name !== 'terminationMessagePath' && name !== 'terminationMessage') {
      return fail(`unknown argument ${JSON.stringify(args[i])}`, 2);
    }
    flags.set(name, value ?? args[++i] ?? '');
  }
  const images = parseImages(flags.get('images') ?? '');
  if (typeof images === 'string') return fail(images, 2);

  const entries: object[] = [];
  for (const { name, url, OutputImageDir } of images) {
    const digest = readDigest(OutputImageDir);
    if (digest.kind === 'none') {
      process.stdout.write(`ImageResource ${name} doesn't have an index.json file: no digest to report\n`);
      continue;
    }
    if (digest.kind === 'broken') return fail(`image ${name}: ${digest.because}`, 1);
    const about = { resourceName: name, resourceRef: { name } };
    entries.push({ key: 'digest', value: digest.digest, ...about }, { key: 'url', value: url, ...about });
  }
  const path = flags.get('terminationMessagePath') ?? flags.get('terminationMessage') ?? '/tekton/termination';
  writeFileSync(path, JSON.stringify(entries));
}

function fail(message: string, code: number): void {
  process.stderr.write(`imagedigestexporter: ${message}\n`);
  process.exitCode = code;
}

main(process.argv.slice(2));
