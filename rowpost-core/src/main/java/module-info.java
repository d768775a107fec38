/** Transactional outbox and inbox: the API, the engine, and stores and a broker in memory. */
module io.rowpost.core {
  requires org.slf4j;
  requires static transitive org.jspecify;

  exports io.rowpost.core;
}
