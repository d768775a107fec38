/**
 * Transactional outbox and inbox: the API, the engine, and stores and a broker in memory.
 *
 * <p>Start reading at {@link io.rowpost.core.TransactionalOutbox} (append), then {@link
 * io.rowpost.core.OutboxRelay} (publish) and {@link io.rowpost.core.InboxProcessor} (consume once).
 */
@NullMarked
package io.rowpost.core;

import org.jspecify.annotations.NullMarked;
