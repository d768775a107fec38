package io.rowpost.testkit;

import io.rowpost.core.FailureClass;
import io.rowpost.core.PublishException;
import org.jspecify.annotations.Nullable;

/** How a broker says that a publish has failed, rightly or after it was written. */
enum SimFailure {
  RECORD(FailureClass.RECORD, SimFault.REFUSED_RECORD, SimFault.WRITTEN_BUT_RECORD),
  DESTINATION(
      FailureClass.DESTINATION, SimFault.REFUSED_DESTINATION, SimFault.WRITTEN_BUT_DESTINATION),
  BROKER(FailureClass.BROKER, SimFault.REFUSED_BROKER, SimFault.WRITTEN_BUT_BROKER),
  UNCLASSIFIED(null, SimFault.REFUSED_UNCLASSIFIED, SimFault.WRITTEN_BUT_UNCLASSIFIED);

  final SimFault refused;
  final SimFault writtenBut;
  private final @Nullable FailureClass failureClass;

  SimFailure(@Nullable FailureClass failureClass, SimFault refused, SimFault writtenBut) {
    this.failureClass = failureClass;
    this.refused = refused;
    this.writtenBut = writtenBut;
  }

  /** Whether it may count an attempt of the record. */
  boolean blamesTheRecord() {
    return this == RECORD || this == UNCLASSIFIED;
  }

  PublishException exception() {
    String what = "The simulated broker failed.";
    return failureClass == null
        ? PublishException.unclassified(what, null)
        : new PublishException(failureClass, what, "none.", null);
  }
}
