/** Measures what an outbox costs. */
@NullMarked
package io.rowpost.benchmarks;

import org.jspecify.annotations.NullMarked;
