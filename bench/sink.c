/* A server that answers every request at once with the same few bytes, on 127.0.0.1: what a client can do at most. cc -O2 sink.c; sink PORT */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 4096
#define ROOM 65536
#define TOKEN "{\"access_token\":\"a token of the sink\",\"expires_in\":7200}"
#define DONE "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":200228332,\"subscribe\":1,\"openid\":\"o\"}"

/* What was read of a request that has not ended yet, by the connection's number. */
static struct {
    size_t length;
    char bytes[ROOM + 1];
} *read_of[MOST];
static char answers[2][512];

static void forget(int client) {
    free(read_of[client]);
    read_of[client] = NULL;
    close(client);
}

/* Answer every whole request that was read; 0 when the connection is of no more use. */
static int answer(int client) {
    char *at = read_of[client]->bytes, *last = at + read_of[client]->length, *end;
    while ((end = memmem(at, last - at, "\r\n\r\n", 4))) {
        char ended = end[2];
        end[2] = 0;
        char *told = strcasestr(at, "\r\ncontent-length:");
        char *whole = end + 4 + (told ? strtoul(told + 17, NULL, 10) : 0);
        char *line = strstr(at, "\r\n");
        char *token = strstr(at, "stable_token");
        end[2] = ended;
        if (whole > last) break;
        const char *said = answers[token && token < line];
        size_t length = strlen(said);
        if (send(client, said, length, MSG_NOSIGNAL) != (ssize_t)length) return 0;
        at = whole;
    }
    read_of[client]->length = last - at;
    memmove(read_of[client]->bytes, at, last - at);
    return read_of[client]->length < ROOM;
}

static int hear(int client) {
    ssize_t got = recv(client, read_of[client]->bytes + read_of[client]->length, ROOM - read_of[client]->length, 0);
    if (got <= 0) return 0;
    read_of[client]->length += got;
    read_of[client]->bytes[read_of[client]->length] = 0;
    return answer(client);
}

int main(int count, char **given) {
    int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1, all = epoll_create1(0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(given[1]) : 0)};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(server, (struct sockaddr *)&here, sizeof here) || listen(server, 512)) {
        perror("sink");
        return 1;
    }
    const char *bodies[] = {DONE, TOKEN};
    for (int one = 0; one < 2; one++)
        snprintf(answers[one], sizeof answers[one], "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(bodies[one]), bodies[one]);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server}, told[64];
    epoll_ctl(all, EPOLL_CTL_ADD, server, &event);
    for (;;) {
        int ready = epoll_wait(all, told, 64, -1);
        for (int one = 0; one < ready; one++) {
            int client = told[one].data.fd;
            if (client != server) {
                if (!hear(client)) forget(client);
                continue;
            }
            if ((client = accept(server, NULL, NULL)) < 0) continue;
            if (client >= MOST || !(read_of[client] = malloc(sizeof *read_of[client]))) {
                close(client);
                continue;
            }
            read_of[client]->length = 0;
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = client};
            epoll_ctl(all, EPOLL_CTL_ADD, client, &event);
        }
    }
}
