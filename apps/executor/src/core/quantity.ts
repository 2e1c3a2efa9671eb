// Kubernetes quantities: "500m", "1.5Gi", "64M", "1e3".

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity stands for; undefined when it is not a quantity. */
export function quantity(text: string): number | undefined {
  const parts = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|(n|u|m|k|[MGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (parts === null) return undefined;
  const [, digits, exponent, suffix] = parts;
  return exponent === undefined ? Number(digits) * FACTORS[suffix ?? '']! : Number(`${digits}e${exponent}`);
}
