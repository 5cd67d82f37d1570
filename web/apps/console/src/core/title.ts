import { ref } from "vue";

// The number in front of the page's title: conversations that wait for a person.
export const badge = ref(0);
