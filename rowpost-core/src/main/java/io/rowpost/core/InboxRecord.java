package io.rowpost.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One received message as one consumer's inbox knows it.
 *
 * @param consumer whose inbox
 * @param messageId the deduplication id
 * @param status the state
 * @param attempts runs of the handler that failed or ended with their process, counted from zero
 *     again by a retry
 * @param lastError error of the last failed run, or why the message was refused, or null; at most
 *     4,096 characters
 * @param messageTime the message's own time, which retention compares, or null if it had none
 * @param receivedAt when the row was first committed, by the inbox's database clock
 * @param completedAt when the handler's writes were committed, or null
 * @param parked whether it is given up or refused, the whole message kept: redeliveries are
 *     acknowledged without running
 * @param discarded whether an operator has given it up for good
 */
public record InboxRecord(
    String consumer,
    String messageId,
    InboxStatus status,
    int attempts,
    @Nullable String lastError,
    @Nullable Instant messageTime,
    Instant receivedAt,
    @Nullable Instant completedAt,
    boolean parked,
    boolean discarded) {}
