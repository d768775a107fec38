package io.rowpost.verification;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * What a message says, with a hash of it.
 *
 * @param id of the message at hop 0
 * @param hash the first 8 bytes of the SHA-256 of all bytes that were read; 0 if these do not end
 *     with the hash of what stands before, so that they are not as they were written
 */
record Payload(UUID id, int hop, int key, long number, int filling, long hash) {
  private static final int HEAD = 2 * Long.BYTES + 2 * Integer.BYTES + Long.BYTES;

  /** Of a new message. */
  static Payload of(UUID id, int key, long number, int filling) {
    return read(bytes(id, 0, key, number, filling));
  }

  /** What follows from this message. */
  Payload next() {
    return read(bytes(id, hop + 1, key, number, filling));
  }

  byte[] bytes() {
    return bytes(id, hop, key, number, filling);
  }

  private static byte[] bytes(UUID id, int hop, int key, long number, int filling) {
    ByteBuffer bytes = ByteBuffer.allocate(HEAD + filling + Long.BYTES);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    bytes.putInt(hop).putInt(key).putLong(number);
    while (bytes.remaining() > Long.BYTES) {
      bytes.put((byte) (number + bytes.position()));
    }
    bytes.putLong(hash(bytes.array(), bytes.position()));
    return bytes.array();
  }

  static Payload read(byte[] message) {
    ByteBuffer bytes = ByteBuffer.wrap(message);
    var id = new UUID(bytes.getLong(), bytes.getLong());
    int hop = bytes.getInt();
    int key = bytes.getInt();
    long number = bytes.getLong();
    int end = message.length - Long.BYTES;
    boolean intact = bytes.getLong(end) == hash(message, end);
    return new Payload(
        id, hop, key, number, end - HEAD, intact ? hash(message, message.length) : 0);
  }

  private static long hash(byte[] bytes, int length) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(bytes, 0, length);
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
