/** Outbox and inbox in a relational database, over plain JDBC. */
@NullMarked
package io.rowpost.jdbc;

import org.jspecify.annotations.NullMarked;
