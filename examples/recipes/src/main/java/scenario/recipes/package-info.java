/**
 * The outbox and the inbox with plain JDBC, jOOQ, JDBI and Hibernate: one file each, to copy from.
 *
 * <p>All four do the same: save an order, append its event and take from the customer's credit in
 * one transaction; and, in the other service, save a payment once per event.
 */
@NullMarked
package scenario.recipes;

import org.jspecify.annotations.NullMarked;
