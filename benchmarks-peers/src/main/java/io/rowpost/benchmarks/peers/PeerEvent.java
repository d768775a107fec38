package io.rowpost.benchmarks.peers;

import io.rowpost.benchmarks.Events;
import io.rowpost.benchmarks.Sink;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** An event where events are objects: written down as JSON. */
public record PeerEvent(String id, String key, String text) {
  static PeerEvent number(int number) {
    return new PeerEvent(UUID.randomUUID().toString(), Events.key(number), Events.text(number));
  }

  /** Hands it to the sink and waits until it is acknowledged, as a handler has to. */
  void handTo(Sink sink) {
    byte[] payload = text.getBytes(StandardCharsets.US_ASCII);
    sink.publish(Events.message(id, key, payload)).toCompletableFuture().join();
  }
}
