// How much work a call is, counted: how often each block of our own code ran (V8's precise coverage), not how long it took.
import { Session } from 'node:inspector';

/** Counts blocks in files whose address holds `within`, from here to `end`. */
export function workCounter(within) {
  const session = new Session();
  session.connect();
  const post = (method, params) => {
    let answer;
    session.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const taken = () =>
    post('Profiler.takePreciseCoverage')
      .result.filter(({ url }) => url.includes(within))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .reduce((sum, { count }) => sum + count, 0);
  return {
    /** Runs `work` and answers how many blocks ran. The first run of a kind is for V8, which compiles its counters. */
    count: (work) => {
      taken();
      work();
      return taken();
    },
    end: () => {
      post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
