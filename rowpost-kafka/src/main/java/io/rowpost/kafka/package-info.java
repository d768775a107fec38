/** A message broker over Apache Kafka. */
@NullMarked
package io.rowpost.kafka;

import org.jspecify.annotations.NullMarked;
