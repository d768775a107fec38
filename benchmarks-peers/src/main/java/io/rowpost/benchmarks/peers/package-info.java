/** Other outboxes, each driven as its documentation advises for throughput. */
@NullMarked
package io.rowpost.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
