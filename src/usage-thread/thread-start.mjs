// tsx reads TypeScript in the first thread only, unless it is asked to.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
