package io.rowpost.core;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an append, a relay and an inbox at which a test may stop, slow or kill what runs.
 *
 * <p>Engine and adapters {@link #pass} each point at its step. That does nothing unless somebody
 * {@linkplain #watch watches}, as the simulator and the crash tests do; nobody does in production.
 * The idea is that of FoundationDB's and TiKV's fail points: what is tested is the code that ships.
 */
public enum FaultPoint {
  /** An append is about to reach the store. */
  APPEND_BEGINS,
  /** The store has it, uncommitted; not passed where append and commit are one. */
  APPEND_DONE,
  /** A transactor is about to commit; an append may go with it. */
  COMMIT_BEGINS,
  /** The commit has succeeded. */
  COMMIT_DONE,

  /** The relay has its lease, and has read nothing under it. */
  RELAY_LEASED,
  /** An idle relay is about to ask whether there is anything. */
  RELAY_PROBE_BEGINS,
  /** A turn is about to fetch; it may settle too. */
  RELAY_FETCH_BEGINS,
  /** What was fetched is here, and nothing of it has been looked at. */
  RELAY_FETCH_DONE,
  /** A record is about to be handed to the broker. */
  RELAY_SEND_BEGINS,
  /** The broker's client has it; the answer may be here too. */
  RELAY_SEND_DONE,
  /** The broker's confirmation has arrived, and nothing has been decided. */
  RELAY_CONFIRMED,
  /** A turn is about to settle; it may fetch too. */
  RELAY_SETTLE_BEGINS,
  /** The settlement is committed. */
  RELAY_SETTLE_DONE,
  /** A relay that closes is about to give its lease up. */
  RELAY_RELEASE_BEGINS,

  /** The run of a message that may have ended a process is about to be counted ahead. */
  INBOX_COUNT_BEGINS,
  /** It is counted, and the handler has not run. */
  INBOX_COUNT_DONE,
  /** The inbox is about to look for the messages' ids, in a transaction that is open. */
  INBOX_CLAIM_BEGINS,
  /** The ids are claimed, and no handler has run. */
  INBOX_CLAIM_DONE,
  /** A handler has returned; its message is not completed. */
  INBOX_HANDLER_DONE,
  /** What ran is marked as completed, uncommitted. */
  INBOX_COMPLETE_DONE,
  /** Effects and ids are committed; the broker has not been told. */
  INBOX_COMMIT_DONE,
  /** A failure is about to be recorded, in a transaction of its own. */
  INBOX_FAILURE_BEGINS,
  /** The failure is recorded. */
  INBOX_FAILURE_DONE,
  /** Deliveries are about to be acknowledged. */
  ACK_BEGINS,
  /** The broker has the acknowledgement. */
  ACK_DONE;

  private static volatile @Nullable Consumer<? super FaultPoint> watcher;

  /**
   * Makes every passage of any point in this process call a watcher, on the thread that passes.
   *
   * <p>The watcher may wait, end the process, or throw an {@link Error}; what runs is then in no
   * state to go on with, as after a crash. For tests only.
   *
   * @param newWatcher null for none
   */
  public static void watch(@Nullable Consumer<? super FaultPoint> newWatcher) {
    watcher = newWatcher;
  }

  /** Says that this step is reached; for the engine and adapters. */
  public void pass() {
    Consumer<? super FaultPoint> watching = watcher;
    if (watching != null) {
      watching.accept(this);
    }
  }
}
