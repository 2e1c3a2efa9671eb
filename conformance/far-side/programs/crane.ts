// `crane REGISTRY digest IMAGE`: the digest of an image, asked of the registry that stands for all others.

export {};
const [registry, command, image] = process.argv.slice(2);
if (command !== 'digest' || image === undefined) {
  process.stderr.write(`Error: unknown command ${JSON.stringify(command)} for "crane"\n`);
  process.exit(1);
}
const response = await fetch(`${registry}/v2/${image}/manifests/latest`, { method: 'HEAD' });
if (!response.ok) {
  process.stderr.write(`Error: fetching manifest ${image}: status code ${response.status}\n`);
  process.exit(1);
}
process.stdout.write(`${response.headers.get('docker-content-digest')}\n`);
