import { main, put, UsageError } from './command-line.ts';
import { judgeHistory } from './judge-history.ts';

await main(async (argv) => {
  const { status, output, trouble } = judgeHistory(argv);
  put(output, undefined);
  if (trouble !== undefined) throw new UsageError(trouble);
  return status;
});
