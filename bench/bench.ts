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
  /** False: the first pair counts, where each run is long and starts anew. */
  readonly warmUp?: boolean;
};

/** One number that was seen. */
export type Reading = {
  readonly name: string;
  readonly unit: 'ms' | 's' | 'MiB' | 'bytes' | 'a second' | 'us';
  readonly value: number;
  /** The same of something else, in the same run. */
  readonly beside?: { readonly name: string; readonly value: number };
};

/** What the command line asks for; null: as each bench holds for enough. */
export type Asked = {
  /** How often what counts is run. */
  readonly runs: number | null;
  /** How long a run goes on that could go on for ever. */
  readonly seconds: number | null;
  /** How much usage there is, and of how many customers, where a bench takes any number. */
  readonly events: number | null;
  readonly customers: number | null;
  /** Everything is run: long ones are shorter. */
  readonly isBrief: boolean;
};

export type Lab = Asked & {
  /** Runs both in turn, after a first pair that does not count. */
  compare(comparison: Comparison): Promise<void>;
  /** Readings of one name are those of several runs, and are shown together. */
  read(...readings: readonly Reading[]): void;
  /** What a long run is doing; replaced by the next one. */
  passing(text: string): void;
  /** What it has done. */
  lasting(text: string): void;
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
