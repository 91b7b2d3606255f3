import { memoryLog } from '../../src/event-log/memory.ts';
import { describeEventLog } from './contract.ts';

describeEventLog('in memory', () => Promise.resolve({ log: memoryLog() }));
