import { imageProcess, knownImageProcess } from './images.js';

describe('knownImageProcess', () => {
  it.each([
    ['busybox', ['-c', 'ls'], ['sh', '-c', 'ls']],
    ['docker.io/library/alpine:3.20', [], ['/bin/sh']],
    ['registry:5000/team/ubuntu@sha256:abc', [], ['/bin/bash']],
    ['bash:5', ['echo', 'x'], ['echo', 'x']],
    ['bash', ['-c', 'x'], ['bash', '-c', 'x']],
    ['node', ['server.js'], ['node', 'server.js']],
    ['node', ['npm', 'ci'], ['npm', 'ci']],
    ['alpine/git', ['clone'], ['git', 'clone']],
    ['ghcr.io/tektoncd/pipeline/nop-8eac@sha256:5a58', [], ['/ko-app/nop']],
    ['gcr.io/kaniko-project/executor:v1', ['--destination=x'], ['/kaniko/executor', '--destination=x']],
    ['example.com/bash-tools', [], undefined],
    ['example.com/executor', [], undefined],
  ])('%s with %j runs %j', (image, args, expected) => {
    expect(knownImageProcess(image, args)).toEqual(expected);
  });

  it.each([
    ['ubuntu', ['cat', 'file'], ['cat', 'file']],
    ['ubuntu', [], ['/bin/bash']],
    ['busybox', ['-c', 'ls'], ['-c', 'ls']],
    ['alpine/git', ['clone'], ['git', 'clone']],
    ['node', ['server.js'], ['node', 'server.js']],
    ['node', ['npm', 'ci'], ['npm', 'ci']],
    ['example.com/strange', ['x'], undefined],
  ])('%s with %j runs %j in a container engine', (image, args, expected) => {
    expect(knownImageProcess(image, args, 'container')).toEqual(expected);
  });
});

// prettier-ignore
it.each<[string[], string[], string[], 'tekton' | 'container', string[]]>([
  [['/e'], ['c'], [], 'container', ['/e', 'c']],
  [['/e'], ['c'], ['a'], 'container', ['/e', 'a']],
  [[], ['c'], ['a'], 'container', ['a']],
  [['/e'], ['c'], [], 'tekton', ['/e']],
  [['/e'], ['c'], ['a'], 'tekton', ['/e', 'a']],
  [[], ['c'], ['a'], 'tekton', ['c', 'a']],
  [[], [], [], 'container', []],
])('imageProcess of entrypoint %j and command %j with arguments %j by the rule of %s', (entrypoint, cmd, args, rule, process) => {
  expect(imageProcess({ entrypoint, cmd }, args, rule)).toEqual(process);
});
