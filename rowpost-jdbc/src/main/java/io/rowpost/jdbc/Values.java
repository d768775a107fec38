package io.rowpost.jdbc;

import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How each database takes ids, times and lists. The session's and the JVM's time zone never matter.
 */
final class Values {
  private static final DateTimeFormatter MYSQL_TEXT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);

  /** What every database stores. */
  private static final Instant EARLIEST = Instant.parse("1970-01-01T00:00:01Z");

  static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  private final Dialect dialect;

  Values(Dialect dialect) {
    this.dialect = dialect;
  }

  /** The time, or the nearest that every database stores. */
  static @Nullable Instant storable(@Nullable Instant time) {
    if (time == null) {
      return null;
    }
    return time.isBefore(EARLIEST) ? EARLIEST : time.isAfter(LATEST) ? LATEST : time;
  }

  void setUuid(PreparedStatement statement, int index, UUID id) throws SQLException {
    if (dialect.isMySqlFamily()) {
      statement.setBytes(index, bytes(id));
    } else {
      statement.setObject(index, id);
    }
  }

  @Nullable UUID getUuid(ResultSet row, int index) throws SQLException {
    if (!dialect.isMySqlFamily()) {
      return row.getObject(index, UUID.class);
    }
    byte[] bytes = row.getBytes(index);
    if (bytes == null) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  private static byte[] bytes(UUID id) {
    return ByteBuffer.allocate(2 * Long.BYTES)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .array();
  }

  void setTime(PreparedStatement statement, int index, @Nullable Instant time) throws SQLException {
    if (dialect.isMySqlFamily()) {
      statement.setObject(index, time == null ? null : local(time), Types.TIMESTAMP);
    } else {
      statement.setObject(index, time == null ? null : utc(time), Types.TIMESTAMP_WITH_TIMEZONE);
    }
  }

  /**
   * A time. Where somebody else has written one that not every database stores, such as
   * PostgreSQL's infinity, it is the nearest that they do, so that it can be written again.
   */
  @Nullable Instant getTime(ResultSet row, int index) throws SQLException {
    if (dialect.isMySqlFamily()) {
      LocalDateTime local = row.getObject(index, LocalDateTime.class);
      return storable(local == null ? null : local.toInstant(ZoneOffset.UTC));
    }
    OffsetDateTime time = row.getObject(index, OffsetDateTime.class);
    return storable(time == null ? null : time.toInstant());
  }

  /** A time of a column that is never null, but for MariaDB's zero date, which reads as null. */
  Instant requireTime(ResultSet row, int index) throws SQLException {
    return Objects.requireNonNullElse(getTime(row, index), EARLIEST);
  }

  /** Cut to what the column holds; databases differ in how they would round. */
  static OffsetDateTime utc(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS).atOffset(ZoneOffset.UTC);
  }

  private static LocalDateTime local(Instant time) {
    return LocalDateTime.ofInstant(time.truncatedTo(ChronoUnit.MICROS), ZoneOffset.UTC);
  }

  /** As MySQL and MariaDB read it, in UTC. */
  static String text(Instant time) {
    return MYSQL_TEXT.format(local(time));
  }

  /** Binds a list of keys as one parameter. */
  void setKeys(PreparedStatement statement, int index, Collection<Long> keys) throws SQLException {
    setLongs(statement, index, keys.toArray(Long[]::new));
  }

  private void setLongs(PreparedStatement statement, int index, Long[] keys) throws SQLException {
    switch (dialect) {
      case H2 -> statement.setObject(index, keys);
      case POSTGRESQL ->
          statement.setArray(index, statement.getConnection().createArrayOf("bigint", keys));
      case MYSQL, MARIADB -> statement.setString(index, Arrays.toString(keys));
    }
  }

  /**
   * Binds ranges of keys.
   *
   * @return the index after them
   */
  int setRanges(PreparedStatement statement, int index, SeqGaps gaps) throws SQLException {
    if (dialect.isMySqlFamily()) {
      statement.setString(index, gaps.toJson());
      return index + 1;
    }
    setLongs(statement, index, gaps.lows());
    setLongs(statement, index + 1, gaps.highs());
    return index + 2;
  }
}
