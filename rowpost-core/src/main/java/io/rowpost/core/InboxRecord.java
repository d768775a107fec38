package io.rowpost.core;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One received message as one consumer's inbox knows it.
 *
 * @param consumer whose inbox
 * @param messageId the deduplication id
 * @param status the state
 * @param attempts failed runs of the handler
 * @param lastError error of the last failed run, or null; at most 4,096 characters
 * @param messageTime the message's own time, which retention compares, or null if it had none
 * @param receivedAt when the row was first written, by the inbox's database clock
 * @param completedAt when the handler's writes were committed, or null
 * @param parked whether the whole message is kept, given up or too old
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
    boolean parked) {}
