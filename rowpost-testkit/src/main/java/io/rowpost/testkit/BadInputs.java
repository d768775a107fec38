package io.rowpost.testkit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Texts that have broken outboxes, brokers, databases, logs and pages.
 *
 * <p>Each must either come through unchanged or be refused with a clear error; which of the two is
 * the business of the field it is given to.
 */
public final class BadInputs {
  private BadInputs() {}

  /**
   * One text and what is bad about it.
   *
   * @param name says what it is, for reports
   * @param value the text, or null
   */
  public record Text(String name, @Nullable String value) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Texts for a field of at most so many characters. */
  public static List<Text> texts(int limit) {
    var texts = new ArrayList<Text>();
    texts.add(new Text("null", null));
    texts.add(new Text("empty", ""));
    texts.add(new Text("blank", "   "));
    texts.add(new Text("at the limit", "x".repeat(limit)));
    texts.add(new Text("limit + 1", "x".repeat(limit + 1)));
    texts.add(new Text("at the limit, four bytes each", "\uD83D\uDE80".repeat(limit / 2)));
    texts.add(new Text("64 KB", "x".repeat(65_536)));
    texts.add(new Text("NUL", "a\0b"));
    texts.add(new Text("lone high surrogate", "a\uD83D"));
    texts.add(new Text("lone low surrogate", "\uDE80a"));
    texts.add(new Text("noncharacter U+FFFE", "a\uFFFEb"));
    texts.add(new Text("right to left override", "abc\u202Edcba"));
    texts.add(new Text("zero width", "a\u200B\u200Db\uFEFF"));
    texts.add(new Text("emoji", "order \uD83D\uDE80 \uD83D\uDC69\u200D\uD83D\uDE80"));
    texts.add(new Text("NFC", "caf\u00E9"));
    texts.add(new Text("NFD", "cafe\u0301"));
    texts.add(new Text("trailing space", "key "));
    texts.add(new Text("leading space", " key"));
    texts.add(new Text("upper case", "KEY"));
    texts.add(new Text("accent", "k\u00E9y"));
    texts.add(new Text("Turkish i", "k\u0131\u0130"));
    texts.add(new Text("Korean", "\uC8FC\uBB38-\uACB0\uC81C"));
    texts.add(new Text("CR LF", "a\r\nX-Forged: b"));
    texts.add(new Text("line feed", "a\nb"));
    texts.add(new Text("escape sequence", "\u001B[31mred"));
    texts.add(new Text("DEL", "a\u007Fb"));
    texts.add(new Text("C1 control", "a\u0085b"));
    texts.add(new Text("tab", "a\tb"));
    texts.add(new Text("JNDI lookup", "${jndi:ldap://127.0.0.1/a}"));
    texts.add(new Text("format specifier", "%s%n%d"));
    texts.add(new Text("placeholder", "{} {0} ${x} #{x}"));
    texts.add(new Text("markup", "<script>alert(1)</script>"));
    texts.add(new Text("formula", "=cmd|' /C calc'!A0"));
    texts.add(new Text("path", "../../x"));
    texts.add(new Text("SQL", "'; DROP TABLE rowpost_outbox;--"));
    texts.add(new Text("backslash", "a\\b\\'c"));
    texts.add(new Text("quotes", "\"'`"));
    texts.add(new Text("question mark", "a?b"));
    texts.add(new Text("cast", "a::text"));
    texts.add(new Text("dollar parameter", "$1 $$x$$"));
    texts.add(new Text("JDBC escape", "{fn now()}"));
    texts.add(new Text("percent and underscore", "100%_"));
    texts.add(new Text("colon", "name: value"));
    texts.add(new Text("reserved", "ce_id"));
    texts.add(new Text("word null", "null"));
    return texts;
  }

  /** Payloads by name: of no kind that anything on their way may understand. */
  public static Map<String, byte[]> payloads() {
    var payloads = new LinkedHashMap<String, byte[]>();
    byte[] random = new byte[4096];
    new Random(1).nextBytes(random);
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    payloads.put("empty", new byte[0]);
    payloads.put("one NUL", new byte[1]);
    payloads.put("every byte", every);
    payloads.put("random", random);
    payloads.put("invalid UTF-8", new byte[] {(byte) 0xC3, 0x28, (byte) 0xED, (byte) 0xA0, -1});
    payloads.put("half a character", new byte[] {'a', (byte) 0xF0, (byte) 0x9F});
    payloads.put("byte order mark", new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF, '{', '}'});
    payloads.put("truncated gzip", new byte[] {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B});
    payloads.put("JSON of 10,000 levels", utf8("[".repeat(10_000) + "]".repeat(10_000)));
    payloads.put("JSON that repeats a name", utf8("{\"a\":1,\"a\":2}"));
    payloads.put("JSON that names a class", utf8("{\"@class\":\"java.lang.Runtime\"}"));
    payloads.put("serialized Java", new byte[] {(byte) 0xAC, (byte) 0xED, 0, 5, 's', 'r'});
    payloads.put("line ends", utf8("a\r\nb\nc\r"));
    payloads.put("SQL", utf8("'); DROP TABLE rowpost_outbox;--\\"));
    return payloads;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
