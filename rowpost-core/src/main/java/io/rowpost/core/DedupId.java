package io.rowpost.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The id by which an inbox recognises a message.
 *
 * <p>A UUID stands for itself, in lower case. Any other id is unique for its producer at most, so
 * it becomes {@code <source or topic>/<id>}, with {@code %} and {@code /} of the id written as
 * {@code %25} and {@code %2F}: the last slash parts the two, and no two pairs share a form.
 *
 * <p>Ids come from strangers. One that cannot be a key of every database is not cut, which would
 * merge two messages, but replaced by {@code sha256:} and the hash of its UTF-16 code units; the
 * message is refused and parked under that name. So is a message without any id, which nothing
 * tells from its repetitions but its position: under {@code position:}, that position, and the
 * beginning of the hash of its payload, since topics are deleted and begin again. A function that
 * fails has found none.
 *
 * @param id what the message is called in the inbox; 1 to 512 characters
 * @param refusal why the message must not run under this id, or null
 */
record DedupId(String id, @Nullable String refusal) {
  static final int MAX_LENGTH = 512;

  /** 64 bits, beside a position that is nearly always unique by itself. */
  private static final int SHORT_HASH = 16;

  private static final String ID_FIX =
      "have the producer send ce_id, or take another unique header by"
          + " InboxProcessor.builder(...).messageId(m -> m.headers().get(\"x-request-id\"))";

  private static final String UUID = "00000000-0000-0000-0000-000000000000";

  /**
   * Names a message.
   *
   * @throws RejectedException ROWPOST-402 if there is neither an id nor a position
   */
  static DedupId of(Message message, @Nullable Function<? super Message, String> resolver) {
    String id;
    try {
      id = resolver == null ? message.id() : resolver.apply(message);
    } catch (RuntimeException | StackOverflowError e) {
      // It would fail at each delivery, and nothing counts what fails before it has a name.
      return nameless(message, "the messageId function failed (" + ErrorText.brief(e) + ")");
    }
    if (id == null || id.isBlank()) {
      return nameless(message, "no message id found");
    }
    if (resolver != null) {
      return checked(id);
    }
    if (isUuid(id)) {
      return new DedupId(id.toLowerCase(Locale.ROOT), null);
    }
    String origin = message.source() == null ? message.topic() : message.source();
    return checked(origin + "/" + id.replace("%", "%25").replace("/", "%2F"));
  }

  private static DedupId nameless(Message message, String why) {
    if (message.position() == null) {
      String where = "topic " + ErrorText.inLine(message.topic());
      throw new RejectedException("ROWPOST-402", "id", missing(why, where), ID_FIX + ".");
    }
    String id = "position:" + message.position() + "#" + shortHash(message.payload());
    String refusal =
        "ROWPOST-402 "
            + missing(why, ErrorText.inLine(message.position()))
            + " It is kept under its position.\n  Fix: "
            + ID_FIX
            + "; if it is to run all the same, retry it.";
    return new DedupId(checked(id).id(), ErrorText.safe(refusal));
  }

  private static String missing(String why, String where) {
    return "The message was not processed: "
        + why
        + " on "
        + where
        + ". Without an id duplicates cannot be recognised.";
  }

  private static boolean isUuid(String id) {
    if (id.length() != UUID.length()) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (UUID.charAt(i) == '-' ? c != '-' : !HexFormat.isHexDigit(c)) {
        return false;
      }
    }
    return true;
  }

  private static DedupId checked(String id) {
    String problem = null;
    if (id.length() > MAX_LENGTH) {
      problem = "has %,d characters, the limit is %d".formatted(id.length(), MAX_LENGTH);
    } else if (id.indexOf('\0') >= 0) {
      problem = "has a NUL character, which databases refuse";
    } else if (!StandardCharsets.UTF_8.newEncoder().canEncode(id)) {
      problem = "has a lone surrogate, which is no Unicode text";
    }
    return problem == null ? new DedupId(id, null) : new DedupId(hash(id), refusal(problem));
  }

  private static String refusal(String problem) {
    return "ROWPOST-403 The message was not processed: its id "
        + problem
        + ". It is kept under the hash of its id.\n"
        + "  Fix: have the producer send a UUID, or shorten the id by"
        + " InboxProcessor.builder(...).messageId(...); if it is to run all the same, retry it.";
  }

  private static String hash(String id) {
    // Not by an encoder: each would turn any two lone surrogates into the same character.
    ByteBuffer codeUnits = ByteBuffer.allocate(2 * id.length());
    codeUnits.asCharBuffer().put(id);
    return "sha256:" + hash(codeUnits.array());
  }

  private static String shortHash(byte[] bytes) {
    return hash(bytes).substring(0, SHORT_HASH);
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
