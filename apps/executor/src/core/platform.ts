// This machine as images name it.

/** The part of `Platform` of @slipway/oci that a machine decides. */
export interface MachinePlatform {
  os: 'linux';
  architecture: string;
  variant?: string;
}

/** Node's name of an architecture -> Go's, which images use; one that is not here is called the same. */
const ARCHITECTURES: Readonly<Record<string, Omit<MachinePlatform, 'os'>>> = {
  x64: { architecture: 'amd64' },
  ia32: { architecture: '386' },
  arm64: { architecture: 'arm64', variant: 'v8' },
  arm: { architecture: 'arm', variant: 'v7' },
  ppc64: { architecture: 'ppc64le' },
  mipsel: { architecture: 'mipsle' },
};

/** `arch` is `process.arch`. */
export function platformOf(arch: string): MachinePlatform {
  return { os: 'linux', ...(ARCHITECTURES[arch] ?? { architecture: arch }) };
}
