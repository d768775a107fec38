package io.rowpost.kafka;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Times as {@link Instant} reads and writes them: {@code 2026-01-31T12:00:00.123456Z}.
 *
 * <p>The JDK's general parser took a fifth of a consumer's time; the form that nearly every
 * producer writes is read by hand, and everything else by the JDK. Written is as the JDK writes,
 * without the way over its formatter and a text. {@code UtcTimeTest} holds both to the same
 * answers.
 */
final class UtcTime {
  private static final String DIGITS = "0000-00-00T00:00:00";
  private static final int FRACTION = DIGITS.length();
  private static final int SHORTEST = FRACTION + 1;
  private static final int LONGEST = FRACTION + ".000000000Z".length();

  private static final byte[] TEMPLATE =
      (DIGITS + ".000000000Z").getBytes(StandardCharsets.US_ASCII);

  private static final long SECONDS_OF_A_DAY = 86_400;

  /** Those that the JDK writes with four digits of the year: up to 9999. */
  private static final long FIRST_SECOND = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();

  private static final long LAST_SECOND = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  private UtcTime() {}

  /** As {@link Instant#toString()}, in ASCII. */
  static byte[] format(Instant time) {
    long second = time.getEpochSecond();
    if (second < FIRST_SECOND || second > LAST_SECOND) {
      return time.toString().getBytes(StandardCharsets.US_ASCII);
    }
    int nanos = time.getNano();
    int digits = nanos == 0 ? 0 : nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
    int length = digits == 0 ? SHORTEST : SHORTEST + 1 + digits;
    byte[] text = Arrays.copyOf(TEMPLATE, length);
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(second, SECONDS_OF_A_DAY));
    int ofDay = (int) Math.floorMod(second, SECONDS_OF_A_DAY);
    put(text, 0, 4, date.getYear());
    put(text, 5, 7, date.getMonthValue());
    put(text, 8, 10, date.getDayOfMonth());
    put(text, 11, 13, ofDay / 3_600);
    put(text, 14, 16, ofDay / 60 % 60);
    put(text, 17, 19, ofDay % 60);
    int fraction = nanos;
    for (int i = digits; i < 9; i++) {
      fraction /= 10;
    }
    put(text, FRACTION + 1, FRACTION + 1 + digits, fraction);
    text[length - 1] = 'Z';
    return text;
  }

  private static void put(byte[] text, int from, int to, int number) {
    int rest = number;
    for (int i = to - 1; i >= from; i--) {
      text[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  /** Null for what is no time. */
  static @Nullable Instant parse(String text) {
    try {
      return isUsual(text) ? usual(text) : Instant.parse(text);
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static boolean isUsual(String text) {
    int length = text.length();
    if (length < SHORTEST || length > LONGEST || text.charAt(length - 1) != 'Z') {
      return false;
    }
    for (int i = 0; i < FRACTION; i++) {
      char expected = DIGITS.charAt(i);
      char c = text.charAt(i);
      if (expected == '0' ? !isDigit(c) : c != expected) {
        return false;
      }
    }
    if (length == SHORTEST) {
      return true;
    }
    for (int i = FRACTION + 1; i < length - 1; i++) {
      if (!isDigit(text.charAt(i))) {
        return false;
      }
    }
    return text.charAt(FRACTION) == '.' && length > SHORTEST + 1;
  }

  private static Instant usual(String text) {
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (hour > 23 || minute > 59 || second > 59) {
      // 24:00 and leap seconds have their rules.
      return Instant.parse(text);
    }
    try {
      LocalDate date = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
      int digits = Math.max(0, text.length() - 1 - FRACTION - 1);
      int nanos = digits == 0 ? 0 : number(text, FRACTION + 1, FRACTION + 1 + digits);
      for (int i = digits; i < 9; i++) {
        nanos *= 10;
      }
      LocalDateTime time = date.atTime(hour, minute, second, nanos);
      return time.toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return Instant.parse(text);
    }
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      number = 10 * number + text.charAt(i) - '0';
    }
    return number;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
