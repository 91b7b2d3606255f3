import { pino } from 'pino';
import { ConfigError, loadConfig } from './config.ts';
import { startPaygo, type Paygo } from './paygo.ts';

try {
  const config = loadConfig();
  const logger = pino({ level: config.logLevel });
  const paygo = await startPaygo(config, logger);
  logger.info({ api: `${paygo.url}/graphql` }, 'paygo is ready');
  stopOn(paygo, ['SIGINT', 'SIGTERM']);
} catch (error) {
  const isKnown = error instanceof ConfigError || error instanceof Error;
  process.stderr.write(`paygo cannot start: ${isKnown ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function stopOn(paygo: Paygo, signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) {
    process.once(signal, () => {
      void paygo.close();
    });
  }
}
