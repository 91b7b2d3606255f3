// tsx reads TypeScript in the first thread only, unless it is asked to.
import { register } from 'tsx/esm/api';

register();
await import('./usage-thread-main.ts');
