package io.rowpost.core;

import java.util.UUID;

/**
 * 64-bit hashes of the unit of order. Stored by outboxes, so the algorithm never changes.
 *
 * <p>FNV-1a over the UTF-16 code units of topic, a separator and key, then the finalizer of
 * SplitMix64 (Steele, Lea, Flood 2014), since FNV alone leaves the high bits of short keys poor.
 */
final class OrderKey {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final char SEPARATOR = 0;

  private OrderKey() {}

  /** Never 0, which stands for "no key". */
  static long of(String topic, String key) {
    return of(ofTopic(topic), key);
  }

  /** The first half of the way, the same for every key of a topic. */
  static long ofTopic(String topic) {
    return (fold(FNV_OFFSET, topic) ^ SEPARATOR) * FNV_PRIME;
  }

  static long of(long topicHash, String key) {
    long hash = mix(fold(topicHash, key));
    return hash == 0 ? 1 : hash;
  }

  static long mix(UUID id) {
    return mix(id.getMostSignificantBits() ^ Long.rotateLeft(id.getLeastSignificantBits(), 32));
  }

  static int bucket(long hash) {
    return (int) (hash >>> 56);
  }

  private static long fold(long hash, String text) {
    long h = hash;
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * FNV_PRIME;
    }
    return h;
  }

  private static long mix(long hash) {
    long h = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
    h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL;
    return h ^ (h >>> 31);
  }
}
