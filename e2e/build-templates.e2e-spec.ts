// Every template under examples/build-templates runs as it is, with its tool stood in for; buildah, where it is installed,
// does its work in earnest.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { startGitServer, type GitServer } from '../apps/resources/test/git-server.js';
import { writeBuildTools } from './build-tools.js';
import { hasRegistry, startRegistryServer } from './registry-server.js';
import { slipway } from './slipway-run.js';

const FOLDER = resolve(import.meta.dirname, '../examples/build-templates');

/** What the log of each must say, in this order. */
const SAYS: Readonly<Record<string, readonly string[]>> = {
  'bazel.yaml': ['bazel run //app:push'],
  'buildah.yaml': [
    'buildah --storage-driver=vfs bud --isolation=chroot --tls-verify=true -f ./Dockerfile -t registry.example.com/team/app .',
    'buildah --storage-driver=vfs push --tls-verify=true registry.example.com/team/app docker://registry.example.com/team/app',
  ],
  'buildkit.yaml': ['buildctl --addr=tcp://buildkitd:1234 build', 'name=registry.example.com/team/app,push=true'],
  'buildpacks-cloudfoundry.yaml': [
    'builder -skipDetect=false -buildpackOrder=nodejs_buildpack',
    'exporter registry.example.com/team/app',
    'droplet',
  ],
  'buildpacks-cnb.yaml': [
    'detector -app=/workspace',
    'restorer -group=/layers/group.toml',
    'analyzer -layers=/layers -helpers=true -group=/layers/group.toml registry.example.com/team/app',
    'builder -layers=/layers',
    'exporter -layers=/layers -helpers=true',
    'cacher -group=/layers/group.toml',
  ],
  'ecr-helper.yaml': ['--destination=123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app', '"credHelpers": {"123456789012.dkr.ecr.eu-central-1.amazonaws.com": "ecr-login"}'],
  'gcr-helper.yaml': ['--destination=gcr.io/team/app', '"credHelpers": {"gcr.io": "gcr"}'],
  'jib-gradle.yaml': ['gradle jib --image=registry.example.com/team/app'],
  'jib-maven.yaml': ['mvn --batch-mode compile com.google.cloud.tools:jib-maven-plugin:build -Dimage=registry.example.com/team/app'],
  'kaniko.yaml': ['executor --dockerfile=/workspace/Dockerfile --destination=registry.example.com/team/app --context=/workspace'],
  'makisu.yaml': ['makisu build --modifyfs=true --push=registry.example.com --registry-config=/registry-config/registry.yaml --tag=team/app /workspace'],
}; // prettier-ignore

let folder: string;
let git: GitServer;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-templates-'));
  git = await startGitServer();
  const files = {
    Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n',
    WORKSPACE: '',
    'pom.xml': '<project/>',
    'build.gradle': '',
  };
  git.commit('app', files); // prettier-ignore
  env = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.${git.url}/app.git.insteadOf`,
    GIT_CONFIG_VALUE_0: 'https://github.com/example/app',
  };
});
afterAll(async () => {
  await git.close();
  rmSync(folder, { recursive: true, force: true });
});

test('every template has a line here', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(SAYS).sort());
});

test.each(Object.entries(SAYS))(
  'examples/build-templates/%s',
  async (name, lines) => {
    const images = writeBuildTools(folder);
    const ended = await slipway(['run', join(FOLDER, name), '--images', images], { env });
    expect(ended).toMatchObject({ code: 0 });
    let from = 0;
    for (const line of lines) {
      const at = ended.stdout.indexOf(line, from);
      expect({ line, found: at >= 0, stdout: ended.stdout }).toMatchObject({ line, found: true });
      from = at + line.length;
    }
  },
  120_000,
);

const hasBuildah = hasRegistry && existsSync('/usr/bin/buildah');
(hasBuildah ? test : test.skip)(
  'buildah builds and pushes to a registry that asks for a password',
  async () => {
    const registry = await startRegistryServer('ada', 'lovelace');
    try {
      const image = `${registry.host}/team/built:1`;
      const account = `
apiVersion: v1
kind: Secret
metadata: {name: registry, annotations: {build.knative.dev/docker-0: 'http://${registry.host}'}}
type: kubernetes.io/basic-auth
stringData: {username: ada, password: lovelace}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: pusher}
secrets: [{name: registry}]
---
`;
      const file = readFileSync(join(FOLDER, 'buildah.yaml'), 'utf8')
        .replace('value: registry.example.com/team/app', `value: ${image} }\n      - { name: TLSVERIFY, value: 'false'`)
        .replace('  source:\n', '  serviceAccountName: pusher\n  source:\n');
      // What the image has in /etc; the program is this machine's.
      const etc = join(folder, 'etc-containers');
      mkdirSync(etc, { recursive: true });
      writeFileSync(join(etc, 'policy.json'), '{"default": [{"type": "insecureAcceptAnything"}]}');
      const images = join(folder, 'buildah-images.yaml');
      writeFileSync(images, JSON.stringify([{ image: 'quay.io/buildah/*', mounts: { '/etc/containers': etc } }]));
      const ended = await slipway(['run', '-', '--images', images], { input: account + file, env });
      expect(ended).toMatchObject({ code: 0 });
      const inspect = ['inspect', '--tls-verify=false', '--creds', 'ada:lovelace', `docker://${image}`];
      const { status, stdout, stderr } = spawnSync('skopeo', inspect, { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ Name: `${registry.host}/team/built` });
    } finally {
      await registry.close();
    }
  },
  120_000,
);
