import { readFileSync } from 'node:fs';
import { type Call } from './command.ts';
import { verifyProof } from './verify-proof.ts';

/** Checks a file by itself; its exit code: 1 when the proof does not hold, 2 without a file. */
export async function verifyProofCommand(call: Call, file: string): Promise<number> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    call.complain(`paygo: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const { said, faults } = verifyProof(text);
  for (const line of said) call.say(line);
  for (const fault of faults) call.complain(`paygo: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}
