import { createBiller, type Biller, type BillerDeps } from './biller.ts';
import { catalogCommands } from './catalog.ts';
import { contractCommands } from './contracts.ts';
import { customerCommands } from './customers.ts';
import { type Engine } from './engine.ts';
import { invoiceCommands } from './invoices.ts';
import { signUpCommands, type SignUpDeps } from './sign-up.ts';
import { timeCommands } from './time.ts';
import { usageCommands, type UsageDeps } from './usage.ts';

/** All commands over one log, with the biller that closes what falls due. */
export function createEngine(deps: BillerDeps & UsageDeps & Partial<Pick<SignUpDeps, 'payers'>>): {
  readonly engine: Engine;
  readonly biller: Biller;
} {
  const biller = createBiller(deps);
  const engine: Engine = {
    ...catalogCommands(deps),
    ...customerCommands(deps, deps.billing),
    ...contractCommands(deps),
    ...signUpCommands({ ...deps, payers: deps.payers ?? null }),
    ...usageCommands(deps),
    ...invoiceCommands(deps),
    ...timeCommands(deps.log, deps.clock, deps.billing, biller),
  };
  return { engine, biller };
}
