import { expectRow, ofStep, ofTask, problems, step, type Row } from '../validation-cases.js';

describe('validate refuses a task', () => {
  it.each<Row>([
    { says: 'without steps', of: ofTask({ steps: [] }), is: ['spec.steps: missing field(s)'] },
    {
      says: 'with a step without image',
      of: ofTask({ steps: [{ script: 'x' }] }),
      is: ['spec.steps[0].image: missing field(s)'],
    },
    {
      says: 'with script and command',
      of: ofStep({ command: ['x'] }),
      is: ['spec.steps[0].script: script cannot be used with command'],
    },
    {
      says: 'with two steps of one name',
      of: ofTask({ steps: [step, step] }),
      is: ['spec.steps[1].name: invalid value: s'],
    },
    {
      says: 'with an unknown onError',
      of: ofStep({ onError: 'ignore' }),
      is: [
        'spec.steps[0].onError: invalid value: "ignore" (Task step onError must be either "continue" or "stopAndFail")',
      ],
    },
    {
      says: 'with a mount below /tekton',
      of: ofStep({ volumeMounts: [{ name: 'v', mountPath: '/tekton/bin' }] }),
      is: [
        'spec.steps[0].volumeMounts[0].mountPath: volumeMount cannot be mounted under /tekton/ (volumeMount "v" mounted at "/tekton/bin")',
      ],
    },
    {
      says: 'with a mount below /tekton by a detour',
      of: ofStep({ volumeMounts: [{ name: 'v', mountPath: '/tekton/home/../results' }] }),
      is: [
        'spec.steps[0].volumeMounts[0].mountPath: volumeMount cannot be mounted under /tekton/ (volumeMount "v" mounted at "/tekton/home/../results")',
      ],
    },
    {
      says: 'with a mount that only looks like home',
      of: ofStep({ volumeMounts: [{ name: 'v', mountPath: '/tekton/homes' }] }),
      is: [
        'spec.steps[0].volumeMounts[0].mountPath: volumeMount cannot be mounted under /tekton/ (volumeMount "v" mounted at "/tekton/homes")',
      ],
    },
    {
      says: 'with a reserved volume',
      of: ofStep({ volumeMounts: [{ name: 'tekton-internal-x', mountPath: '/x' }] }),
      is: [
        'spec.steps[0].volumeMounts[0].name: volumeMount name "tekton-internal-x" cannot start with "tekton-internal-"',
      ],
    },
    {
      says: 'with a reference to a StepAction and a working directory',
      of: ofTask({ steps: [{ ref: { name: 'a' }, workingDir: '/w' }] }),
      is: ['spec.steps[0].workingDir: working dir cannot be used with Ref'],
    },
    {
      says: 'with the result of another step where only the pod could hold it',
      of: ofStep({ script: 'echo $(steps.a.results.r)', workingDir: '$(steps.a.results.r)' }),
      is: [
        'spec.steps[0].workingDir: stepResult substitutions are only allowed in env, command and args. Found usage in',
        'spec.steps[0].script: stepResult substitutions are only allowed in env, command and args. Found usage in',
      ],
    },
    {
      says: 'with an artifact of another step where only the pod could hold it',
      of: ofStep({ script: 'cat $(steps.a.outputs.o) $(step.artifacts.path)', image: '$(steps.a.outputs)' }),
      is: [
        'spec.steps[0].image: stepArtifact substitutions are only allowed in env, command, args and script. Found usage in',
      ],
    },
    {
      says: 'with a sidecar without image',
      of: ofTask({ sidecars: [{ name: 's', script: 'true' }] }),
      is: ['spec.sidecars[0].image: missing field(s)'],
    },
    {
      says: 'with an unknown param',
      of: ofStep({ script: 'echo $(params.x)' }),
      is: ['spec.steps[0].script: non-existent variable in "echo $(params.x)"'],
    },
    {
      says: 'with an unknown param in the spelling of 2020',
      of: ofStep({ script: 'echo $(inputs.params.x)' }),
      is: ['spec.steps[0].script: non-existent variable in "echo $(inputs.params.x)"'],
    },
    {
      says: 'with an unknown context',
      of: ofStep({ script: '$(context.taskRun.nome)' }),
      is: ['spec.steps[0].script: non-existent variable in "$(context.taskRun.nome)"'],
    },
    {
      says: 'with an unknown result',
      of: ofStep({ script: '$(results.x.path)' }),
      is: ['spec.steps[0].script: non-existent variable in "$(results.x.path)"'],
    },
    {
      says: 'with an array inside text',
      of: ofTask({ params: [{ name: 'a', type: 'array' }], steps: [{ ...step, script: '$(params.a[*])' }] }),
      is: ['spec.steps[0].script: variable type invalid in "$(params.a[*])"'],
    },
    {
      says: 'with an array beside text',
      of: ofTask({ params: [{ name: 'a', type: 'array' }], steps: [{ image: 'i', args: ['x $(params.a[*])'] }] }),
      is: ['spec.steps[0].args[0]: variable is not properly isolated in "x $(params.a[*])"'],
    },
    {
      says: 'with a key that an object lacks',
      of: ofTask({
        params: [{ name: 'o', type: 'object', properties: { a: {} } }],
        steps: [{ ...step, script: '$(params.o.b)' }],
      }),
      is: ['spec.steps[0].script: non-existent variable in "$(params.o.b)"'],
    },
    {
      says: 'with a default of another type',
      of: ofTask({ params: [{ name: 'p', type: 'string', default: ['x'] }] }),
      is: [
        `spec.params.p.type: "string" type does not match default value's type: "array": spec.params.p.type, spec.params.p.default.type`,
      ],
    },
    {
      says: 'with one param twice',
      of: ofTask({ params: [{ name: 'p' }, { name: 'p' }] }),
      is: ['spec.params[p]: parameter appears more than once'],
    },
    {
      says: 'with a param that has no name',
      of: ofTask({ params: [{ name: '0 a' }] }),
      is: [
        'spec.params: The format of following array and string variable names is invalid: [0 a] (String/Array Names: Must only contain alphanumeric characters, hyphens (-), underscores (_), and dots (.) Must begin with a letter or an underscore (_))',
      ],
    },
    {
      says: 'with a default outside its enum',
      of: ofTask({ params: [{ name: 'p', type: 'string', enum: ['a', 'a'], default: 'b' }] }),
      is: [
        'spec.params[p]: parameter enum value a appears more than once',
        'spec.params[p]: param default value b not in the enum list',
      ],
    },
    {
      says: 'with a result that has no name',
      of: ofTask({ results: [{ name: '-' }] }),
      is: [/^spec\.results\[0\]\.name: invalid key name "-"/],
    },
    {
      says: 'with one volume twice',
      of: ofTask({ volumes: [{ name: 'v' }, { name: 'v' }] }),
      is: ['spec.volumes[1].name: multiple volumes with same name "v"'],
    },
    {
      says: 'with one workspace twice',
      of: ofTask({ workspaces: [{ name: 'w' }, { name: 'w', mountPath: '/x' }] }),
      is: ['spec.workspaces[1].name: workspace name "w" must be unique'],
    },
    {
      says: 'with two workspaces at one place',
      of: ofTask({
        workspaces: [
          { name: 'v', mountPath: '/x/' },
          { name: 'w', mountPath: '/y/../x' },
        ],
      }),
      is: ['spec.workspaces[1].mountPath: workspace mount path "/x" must be unique'],
    },
    {
      says: 'with a step that uses an undeclared workspace',
      of: ofStep({ workspaces: [{ name: 'w' }] }),
      is: ['spec.steps[0].workspaces[0].name: undefined workspace "w"'],
    },
    {
      says: 'with a reserved sidecar',
      of: ofTask({ sidecars: [{ name: 'tekton-log-results', image: 'i' }] }),
      is: ['spec.sidecars: Invalid: cannot use reserved sidecar name tekton-log-results '],
    },
    {
      says: 'with an unknown PipelineResource type',
      of: ofTask({ resources: { inputs: [{ name: 'r', type: 'svn' }] } }),
      is: [
        'spec.resources.inputs[0].type: invalid value: svn (must be one of git, storage, image, cluster, pullRequest, cloudEvent, gcs, build-gcs)',
      ],
    },
    {
      says: 'whose name is none',
      of: problems('Task', { metadata: { name: 'A b' }, spec: { steps: [step] } }),
      is: ['metadata.name: invalid resource name "A b": must be a valid DNS label'],
    },
    {
      says: 'whose name is too long',
      of: problems('Task', { metadata: { name: 'a'.repeat(300) }, spec: { steps: [step] } }),
      is: ['metadata.name: Invalid resource name: length must be no more than 63 characters'],
    },
  ])('$says', expectRow);

  it('with all its problems at once', () => {
    const spec = { params: [{ name: 'p' }, { name: 'p' }], steps: [{ script: '$(params.x)', command: ['y'] }] };
    expect(ofTask(spec)).toHaveLength(4);
  });
});
