/** One run of a way of doing the same: how much was done, how long it took, and on how much CPU. */
export type Run = {
  readonly count: number;
  readonly seconds: number;
  /** Of the process that is measured alone; null where there are several. */
  readonly cpuSeconds: number | null;
};

export type Way = {
  readonly name: string;
  readonly run: () => Promise<Run>;
};

/** paygo's way beside another, in the same run of the benchmark. */
export type Comparison = {
  readonly name: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  readonly ours: Way;
  readonly baseline: Way;
  /** How many pairs of runs count, where these take long; by default as many as were asked for. */
  readonly pairs?: number;
};

export type Lab = {
  /** How long a run goes on that could go on for ever. */
  readonly seconds: number;
  /** Runs both in turn, after a first pair that does not count. */
  compare(comparison: Comparison): Promise<void>;
  /** Something beside the figures that a reader has to know. */
  note(text: string): void;
};

/** A file of this folder measures one thing. */
export type Bench = {
  readonly name: string;
  readonly about: string;
  /** Why it cannot be run here; null: it can. */
  readonly obstacle?: () => string | null;
  run(lab: Lab): Promise<void>;
};
