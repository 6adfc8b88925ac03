/** @file How a training ends early: every session asks before each of its runs, and so do the stages of the preparation. */
import { createSession, type Session } from '../graph/index.ts';
import { fail, ok, type Result } from '../util/result.ts';

/** Asks whether the training is canceled; throws where it is, which `untilCanceled` alone catches. */
export type Checkpoint = () => void;

/** For a training that nobody can cancel. */
export const neverCanceled: Checkpoint = () => {};

class TrainingCanceled extends Error {
  override name = 'TrainingCanceled';
}

/** What `work` gives, or `canceled` where one of its checkpoints was told so. Whoever holds a session releases it. */
export async function untilCanceled<T>(
  isCanceled: () => boolean,
  work: (checkpoint: Checkpoint) => Promise<T>,
): Promise<Result<T, { code: 'canceled' }>> {
  try {
    return ok(
      await work(() => {
        if (isCanceled()) throw new TrainingCanceled();
      }),
    );
  } catch (error) {
    if (error instanceof TrainingCanceled) return fail({ code: 'canceled' });
    throw error;
  }
}

/**
 * The only way of `training` to a session, so that no pass can forget to ask: before the graph is compiled and before
 * every run. The arguments after the first are those of `createSession`.
 */
export async function createAskingSession(
  checkpoint: Checkpoint,
  ...graphAndBuffers: Parameters<typeof createSession>
): Promise<Session> {
  checkpoint();
  const session = await createSession(...graphAndBuffers);
  return {
    ...session,
    run: async (fetched) => {
      checkpoint();
      await session.run(fetched);
    },
  };
}
