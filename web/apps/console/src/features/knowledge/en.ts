export default { title: "" };
