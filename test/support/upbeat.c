/*
 * What runs inside the test containers: one static program, for images FROM scratch.
 *   upbeat serve PORT                    answers GET /file.txt with "I am Server", one request a connection
 *   upbeat call HOST PORT PATH MS        asks for PATH every MS milliseconds, for ever
 *   upbeat say HOST PORT TEXT [COUNT]    datagrams holding TEXT
 *   upbeat flood HOST PORT BYTES COUNT   COUNT datagrams of BYTES, as fast as it goes
 *   upbeat tick HOST PORT MS             every MS milliseconds a datagram: its number from 0, when the program began
 *                                        (ns since 1970), both 64 bits, little-endian
 *   upbeat hold PORT                     keeps a UDP socket bound
 *   upbeat tun NAME                      attaches to the tun device NAME, so that it has a carrier
 *   upbeat idle                          does nothing, for ever
 *   upbeat exit MS CODE                  ends after MS milliseconds
 * Addresses are numbers: a static program has no resolver.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in address(const char *host, const char *port) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  if (inet_pton(AF_INET, host, &in.sin_addr) != 1) fail(host);
  return in;
}

static void sleep_ms(int ms) { usleep(ms * 1000); }

static void serve(const char *port) {
  static const char found[] =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nI am Server\n";
  static const char missing[] =
      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  struct sockaddr_in in = address("0.0.0.0", port);
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&in, sizeof in) || listen(listener, 64)) fail("listen");
  for (;;) {
    char request[4096];
    int at = 0, got, peer = accept(listener, 0, 0);
    if (peer < 0) continue;
    while (at < (int)sizeof request - 1 && (got = read(peer, request + at, sizeof request - 1 - at)) > 0) {
      request[at += got] = 0;
      if (strstr(request, "\r\n\r\n")) break;
    }
    request[at] = 0;
    const char *answer = strncmp(request, "GET /file.txt ", 14) ? missing : found;
    if (write(peer, answer, strlen(answer)) < 0) perror("write");
    close(peer);
  }
}

static void call(const char *host, const char *port, const char *path, int every) {
  struct sockaddr_in in = address(host, port);
  for (;; sleep_ms(every)) {
    char text[4096];
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(peer, (void *)&in, sizeof in) == 0) {
      int length = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: upbeat\r\nUser-Agent: caller/1\r\n\r\n", path);
      if (write(peer, text, length) < 0) perror("write");
      while (read(peer, text, sizeof text) > 0);
    }
    close(peer);
  }
}

static void datagrams(const char *host, const char *port, char *bytes, int length, long count, int numbered) {
  struct sockaddr_in in = address(host, port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (long i = 0; i < count; i++) {
    if (numbered) memcpy(bytes, &i, sizeof i);
    sendto(fd, bytes, length, 0, (void *)&in, sizeof in);
  }
  close(fd);
}

static void tick(const char *host, const char *port, int every, struct timespec began) {
  struct sockaddr_in in = address(host, port);
  long said[2] = {0, began.tv_sec * 1000000000L + began.tv_nsec};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (;; said[0]++, sleep_ms(every)) sendto(fd, said, sizeof said, 0, (void *)&in, sizeof in);
}

static void hold(const char *port) {
  struct sockaddr_in in = address("0.0.0.0", port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(fd, (void *)&in, sizeof in)) fail("bind");
  for (;;) pause();
}

static void tun(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  int fd = open("/dev/net/tun", O_RDWR);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request)) fail("/dev/net/tun");
  for (;;) pause();
}

int main(int argc, char **argv) {
  struct timespec began;
  clock_gettime(CLOCK_REALTIME, &began);
  signal(SIGPIPE, SIG_IGN);
  const char *mode = argc > 1 ? argv[1] : "";
  if (!strcmp(mode, "serve") && argc == 3) serve(argv[2]);
  if (!strcmp(mode, "call") && argc == 6) call(argv[2], argv[3], argv[4], atoi(argv[5]));
  if (!strcmp(mode, "say") && (argc == 5 || argc == 6))
    return datagrams(argv[2], argv[3], argv[4], strlen(argv[4]), argc == 6 ? atol(argv[5]) : 1, 0), 0;
  if (!strcmp(mode, "flood") && argc == 6) {
    int length = atoi(argv[4]);
    if (length < 8 || length > 65000) return 2;
    char *bytes = calloc(1, length);
    return datagrams(argv[2], argv[3], bytes, length, atol(argv[5]), 1), 0;
  }
  if (!strcmp(mode, "tick") && argc == 5) tick(argv[2], argv[3], atoi(argv[4]), began);
  if (!strcmp(mode, "hold") && argc == 3) hold(argv[2]);
  if (!strcmp(mode, "tun") && argc == 3) tun(argv[2]);
  if (!strcmp(mode, "idle"))
    for (;;) pause();
  if (!strcmp(mode, "exit") && argc == 4) return sleep_ms(atoi(argv[2])), atoi(argv[3]);
  fprintf(stderr, "upbeat: see the comment in upbeat.c\n");
  return 2;
}
